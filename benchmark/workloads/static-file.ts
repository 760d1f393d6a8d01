import fastifyStatic from '@fastify/static'
import { siteRoot } from '../directory.ts'
import type { Workload } from '../workload.ts'

/** The function of the site gives way to the file. */
export const workload: Workload = {
  title: 'a file, by `preferStatic`',
  method: 'GET',
  route: '/files/*',
  path: '/files/notes.txt',
  servers: ['fastify', 'netlify-functions'],
  goals: [{ against: ['fastify'], opponent: 'plain `@fastify/static`', ratio: 0.9 }],
  site: 'static-site',
  addRoute (app) {
    app.register(fastifyStatic, { root: siteRoot('static-site/public/files'), prefix: '/files/' })
  }
}
