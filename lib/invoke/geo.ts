import type { FastifyRequest } from 'fastify'

/** Where a client is, as `context.geo` shows it. See https://docs.netlify.com/build/functions/api/#geo */
export interface Geo {
  readonly city?: string
  readonly country?: { readonly code?: string, readonly name?: string }
  readonly postalCode?: string
  readonly subdivision?: { readonly code?: string, readonly name?: string }
  readonly latitude?: number
  readonly longitude?: number
  readonly timezone?: string
}

/** The option `geo`. */
export type GeoOption = 'mock' | { readonly mock: string } | ((request: FastifyRequest) => Geo | Promise<Geo>)

/** Gives the value of `x-nf-geo` for a request, `undefined` where nothing is known. Never rejects. */
export type GeoHeader = (request: FastifyRequest) => string | undefined | Promise<string | undefined>

const SAN_FRANCISCO: Geo = {
  city: 'San Francisco',
  country: { code: 'US', name: 'United States' },
  subdivision: { code: 'CA', name: 'California' },
  longitude: 0,
  latitude: 0,
  timezone: 'UTC'
}

/** Decides once how the place of a client is found. A place that cannot be found is logged, and none. */
export function createGeoHeader (option: GeoOption | undefined): GeoHeader {
  if (option === undefined) return () => undefined
  if (typeof option !== 'function') {
    const header = writeGeo(option === 'mock' ? SAN_FRANCISCO : placeIn(option.mock))
    return () => header
  }
  return async (request) => {
    try {
      return writeGeo(await option(request))
    } catch (error) {
      request.log.warn({ err: error }, 'the option "geo" failed; context.geo is empty')
      return undefined
    }
  }
}

/** Reads `x-nf-geo`; a header that cannot be read is an empty place, as on Netlify. */
export function readGeo (header: string | undefined): Geo {
  if (header === undefined) return {}
  const { postal_code: postalCode, ...place } = parse(header)
  return { ...place, ...(postalCode !== undefined && { postalCode }) } as Geo
}

/** Netlify's edge writes the postal code under another name than functions read. */
function writeGeo ({ postalCode, ...place }: Geo): string {
  return Buffer.from(JSON.stringify({ ...place, postal_code: postalCode })).toString('base64')
}

function parse (header: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(Buffer.from(header, 'base64').toString())) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** As Netlify's command line mocks a country. */
function placeIn (code: string): Geo {
  return {
    city: 'Mock City',
    country: { code, name: 'Mock Country' },
    subdivision: { code: 'SD', name: 'Mock Subdivision' },
    longitude: 0,
    latitude: 0,
    timezone: 'UTC'
  }
}
