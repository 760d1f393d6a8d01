/** The source of a function that answers with its name and with how it was reached. */
export function echoFunction (name: string, config?: object): string {
  return `
    export default (request, context) => Response.json({ name: '${name}', method: request.method, url: request.url, params: context.params, route: context.path })
    export const config = ${JSON.stringify(config)}
  `
}

/** What such a function answers with. */
export interface Echo {
  readonly name: string
  readonly method: string
  readonly url: string
  readonly params: Record<string, string>
  readonly route?: string
}
