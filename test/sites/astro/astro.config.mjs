import netlify from '@astrojs/netlify'
import preact from '@astrojs/preact'
import { defineConfig } from 'astro/config'

export default defineConfig({
  output: 'server',
  adapter: netlify(),
  integrations: [preact()],
  redirects: {
    '/old': '/products/1',
    '/news': { status: 302, destination: '/about' }
  }
})
