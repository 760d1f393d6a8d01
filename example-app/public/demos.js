// The page works by its links alone; this lets the functions run inside it.

for (const link of document.querySelectorAll('a[data-run]')) {
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = 'Run'
  button.setAttribute('aria-label', `Run ${link.textContent}`)
  link.after(button)
  onRun(button, 'click', async () => showResponse(link.closest('article'), await fetch(link.href)))
}

onRun(element('clock-start'), 'click', async () => {
  const list = cleared('clock')
  const response = await fetch('/.netlify/functions/clock')
  let html = ''
  for await (const text of chunks(response)) {
    html += text
    const lines = html.match(/(?<=<li>).*?(?=<\/li>)/g) ?? []
    for (const line of lines.slice(list.children.length)) {
      const item = document.createElement('li')
      item.textContent = line
      list.append(item)
    }
  }
})

onRun(element('pie-form'), 'submit', async (form) => {
  const recipe = cleared('pie')
  const response = await fetch(`/.netlify/functions/pie?${new URLSearchParams(new FormData(form))}`)
  if (!response.ok) {
    recipe.textContent = `The service answered ${response.status}: ${await response.text()}`
    return
  }
  for await (const data of events(response)) {
    if (data !== '[DONE]') recipe.append(JSON.parse(data).choices[0]?.delta.content ?? '')
  }
})

onRun(element('bake-start'), 'click', async () => {
  cleared('bake', false)
  const url = `/bake/${crypto.randomUUID()}`
  await fetch(url, { method: 'POST' })
  for (let percent = 0; percent < 100;) {
    const progress = await (await fetch(url)).json()
    percent = progress.percent
    element('bake-progress').value = percent
    element('bake-step').textContent = `${progress.step} (${percent} %)`
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
})

onRun(element('secret-form'), 'submit', async (form) => {
  const response = await fetch('/.netlify/functions/secret', { headers: { 'X-API-Key': form.key.value } })
  cleared('secret').textContent = `${response.status}: ${await response.text()}`
})

/** Runs a demo once at a time, and says so when it cannot. */
function onRun (target, event, run) {
  const button = target.matches('button') ? target : target.querySelector('button')
  target.addEventListener(event, async (occurred) => {
    occurred.preventDefault()
    button.disabled = true
    try {
      await run(target)
    } catch (error) {
      outputOf(target.closest('article')).textContent = `It did not work: ${error.message}`
    } finally {
      button.disabled = false
    }
  })
}

async function showResponse (article, response) {
  const output = outputOf(article)
  output.textContent = ''
  for await (const text of chunks(response)) output.append(text)
}

/** The place in a demo where plain text is shown. */
function outputOf (article) {
  const found = article.querySelector('pre.output')
  if (found) return found
  const output = document.createElement('pre')
  output.className = 'output'
  output.setAttribute('aria-live', 'polite')
  article.querySelector('footer').before(output)
  return output
}

function cleared (id, empty = true) {
  const output = element(id)
  output.hidden = false
  if (empty) output.textContent = ''
  return output
}

function element (id) {
  return document.getElementById(id)
}

/** The text of a body, as it arrives. */
async function * chunks (response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value
}

/** The data of server-sent events, as they arrive. */
async function * events (response) {
  let text = ''
  for await (const chunk of chunks(response)) {
    const parts = (text + chunk).split('\n\n')
    text = parts.pop()
    for (const part of parts) if (part.startsWith('data: ')) yield part.slice('data: '.length)
  }
}
