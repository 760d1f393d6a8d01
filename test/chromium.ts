import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

const INSTALLED = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']
/** Nothing that talks to anybody but the page, and no sandbox, which root has not. */
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** Starts a headless Chromium: the system's when there is one, else one from npm, which is for Linux on x64. */
export async function launchChromium (t: { teardown (tidy: () => unknown): void }): Promise<Browser> {
  const executablePath = INSTALLED.find((path) => path !== undefined && existsSync(path)) ?? await packagedChromium()
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS, headless: true })
  t.teardown(async () => await browser.close())
  return browser
}

/** Whether `launchChromium` finds one here. */
export function hasChromium (): boolean {
  return (process.platform === 'linux' && process.arch === 'x64') || INSTALLED.some((path) => path !== undefined && existsSync(path))
}

async function packagedChromium (): Promise<string> {
  // It brings the libraries that a small Debian lacks (libnss3 and others), and unpacks them only for a runtime it knows.
  process.env.AWS_LAMBDA_JS_RUNTIME ??= 'nodejs24.x'
  const { default: packaged } = await import('@sparticuz/chromium')
  return await packaged.executablePath()
}
