/** Scheme and host, with a port where there is one. */
export interface Domain {
  readonly scheme: string
  readonly host: string
}

/** The domain of a rule whose `from` is a URL. */
export function readDomain ({ scheme, host }: Readonly<Record<string, unknown>>): Domain | undefined {
  return typeof host === 'string' ? { scheme: String(scheme), host: host.toLowerCase() } : undefined
}

/** Tells whether a request is for the domain of a rule. A port counts only in a rule that has one. */
export function isAt (domain: Domain, { scheme, host }: Domain): boolean {
  return scheme === domain.scheme && (host.toLowerCase() === domain.host || withoutPort(host) === domain.host)
}

/** Gives a host in lower case. */
export function withoutPort (host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '')
}
