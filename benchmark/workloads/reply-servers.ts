/** Who answers plain replies. */
export const replyServers: readonly string[] = [
  'fastify', 'node-http', 'naive-fastify', 'hono-node-server', 'srvx', 'srvx-fast-response', 'node-fetch-server', 'netlify-functions'
]
