/** Under this key of `Symbol.for`, `globalThis` has the Fetch objects that light bundles use in place of the native ones. */
export const FETCH_OBJECTS = 'fastify-netlify-functions.fetch'
