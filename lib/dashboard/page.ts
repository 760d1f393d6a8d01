import { html, type Html } from './html.ts'

/** A page of the dashboard. */
export interface Page {
  /** Of the route, below the path of the dashboard; `''` is the overview. */
  readonly path: string
  readonly render: (request: PageRequest) => Promise<PageContent>
}

export interface PageRequest {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  /** URL path of the dashboard, the prefix of the site included. */
  readonly base: string
  readonly csrfToken: string
  /** What came of the button that led here. */
  readonly notice: Notice | undefined
}

export interface Notice {
  readonly kind: 'ok' | 'error'
  readonly text: string
}

export interface PageContent {
  readonly title: string
  readonly status?: number
  readonly body: Html
  /** Seconds after which the page's script shows its newest state. */
  readonly refresh?: number
}

/** What a button does. */
export interface Action {
  /** Of the route, below the path of the dashboard. */
  readonly path: string
  /** A coded error is shown on the page that the button is on. */
  readonly run: (fields: Readonly<Record<string, string>>, params: Readonly<Record<string, string>>) => Promise<ActionResult>
}

export interface ActionResult {
  /** The page to show next, below the path of the dashboard. */
  readonly to: string
  readonly notice: string
}

export interface ActionFormOptions extends Pick<PageRequest, 'base' | 'csrfToken'> {
  /** Path of an {@link Action}. */
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
  readonly label: string
  /** What the button is about, where its label alone is one of many. */
  readonly about?: string
  /** A question to answer first. */
  readonly confirm?: string
  readonly kind?: 'danger'
}

/** Gives a form with one button, which carries out an action. */
export function actionForm ({ base, csrfToken, action, fields, label, about, confirm, kind }: ActionFormOptions): Html {
  return html`<form class="action" method="post" action="${base}${action}"${confirm !== undefined && html` data-confirm="${confirm}"`}>
<input type="hidden" name="csrf" value="${csrfToken}">${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button${kind !== undefined && html` class="${kind}"`}>${label}${about !== undefined && html`<span class="unseen"> ${about}</span>`}</button></form>`
}
