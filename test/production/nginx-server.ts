import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request, type RequestOptions } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findFreePort } from '../queue/redis-server.ts'
import { configurations } from './server-process.ts'

interface Test {
  teardown (tidy: () => unknown): void
}

/** Why the tests with nginx cannot run here, `false` where they can. In CI they have to: the environment says so. */
export function missingNginx (): string | false {
  if (process.env.REQUIRE_NGINX !== undefined) return false
  const missing = ['nginx', 'openssl'].find((command) => spawnSync(command, ['-v']).error !== undefined)
  return missing !== undefined && `${missing} is not installed: apt-get install ${missing}`
}

export interface Nginx {
  readonly port: number
  /** What `nginx -t` says. */
  readonly test: string
}

/** Starts nginx on the loopback with the file of docs/production, in front of these ports. */
export async function startNginx (t: Test, [first, second]: readonly [number, number]): Promise<Nginx> {
  const directory = await mkdtemp(join(tmpdir(), 'nginx-'))
  t.teardown(async () => await rm(directory, { recursive: true, force: true }))
  const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=example.com', '-keyout', key, '-out', certificate], { stdio: 'ignore' })
  const [port, plainPort] = [await findFreePort(), await findFreePort()]
  const site = replaceEach(await readFile(join(configurations, 'nginx.conf'), 'utf8'), {
    'listen 80;': `listen 127.0.0.1:${plainPort};`,
    'listen 443 ssl http2;': `listen 127.0.0.1:${port} ssl http2;`,
    '/etc/letsencrypt/live/example.com/fullchain.pem': certificate,
    '/etc/letsencrypt/live/example.com/privkey.pem': key,
    'server 127.0.0.1:8888 ': `server 127.0.0.1:${first} `,
    'server 127.0.0.1:8889 ': `server 127.0.0.1:${second} `
  })
  const file = join(directory, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${directory}/${name};`)
  await writeFile(join(directory, 'site.conf'), site)
  // Its workers would else be another user, who may not write there.
  await writeFile(file, `daemon off; pid ${directory}/pid; error_log stderr notice; worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 512; }
http { access_log off; ${temporary.join(' ')} include ${directory}/site.conf; }`)

  const { stderr: test } = spawnSync('nginx', ['-t', '-p', directory, '-c', file], { encoding: 'utf8' })
  const child = spawn('nginx', ['-p', directory, '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGTERM')
    await exited
  })
  const started = Promise.withResolvers<void>()
  createInterface(child.stderr).on('line', (line) => { if (line.includes('start worker process ')) started.resolve() })
  await Promise.race([started.promise, exited.then(() => { throw new Error(`nginx did not start: ${test}`) })])
  return { port, test }
}

export interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A request over TLS on a connection of its own; `open` gives the response before its body is read. */
export async function open (port: number, path: string, { body, ...options }: RequestOptions & { body?: string | Buffer } = {}): Promise<IncomingMessage> {
  const outgoing = request({ host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false, ...options, headers: { host: 'example.com', ...options.headers } })
  outgoing.end(body)
  const [response] = await once(outgoing, 'response') as [IncomingMessage]
  // A server that refuses an upload may end the connection while it is sent.
  outgoing.on('error', () => {})
  return response
}

export async function ask (port: number, path: string, options?: Parameters<typeof open>[2]): Promise<Answer> {
  const response = await open(port, path, options)
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode, headers: response.headers, body: String(Buffer.concat(chunks)) }
}

function replaceEach (text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`nginx.conf has no "${from}"`)
    return changed.replaceAll(from, to)
  }, text)
}
