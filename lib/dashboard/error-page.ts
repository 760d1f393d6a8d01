import type { FastifyReply, FastifyRequest } from 'fastify'
import { html } from './html.ts'

/** Answers with a page that says what is wrong, and no more to anybody who may not see the dashboard. */
export function drawError (error: unknown, request: FastifyRequest, reply: FastifyReply, base: string, style: string): FastifyReply {
  const { statusCode, code, message } = Object(error) as { statusCode?: number, code?: string, message?: string }
  const status = statusCode !== undefined && statusCode >= 400 && statusCode < 600 ? statusCode : 500
  if (status >= 500) request.log.error({ err: error }, 'the dashboard cannot show a page')
  const isCoded = String(code).startsWith('FST_')
  return reply.code(status).type('text/html; charset=utf-8').send(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${status}</title>
<link rel="stylesheet" href="${base}${style}">
</head>
<body>
<main>
<h1>${status}</h1>
<p>${isCoded ? message : 'The page cannot be shown; the log of the server says why.'}</p>
${isCoded && html`<p><code>${code}</code></p>`}
<p><a href="${base}">Overview</a></p>
</main>
</body>
</html>
`.toString())
}
