const express = require('express')
const serverless = require('serverless-http')
const products = require('../../lib/products')

const app = express()
const api = express.Router()

api.get('/products/:id', (req, res) => {
  const product = products.find(req.params.id)
  if (!product) return res.status(404).json({ message: `No product ${req.params.id}` })
  res.set('x-product', req.params.id).json(product)
})
api.post('/products', express.json(), (req, res) => res.status(201).json({ created: req.body, query: req.query }))
api.post('/form', express.urlencoded(), (req, res) => res.json(req.body))
api.post('/bytes', express.raw({ type: 'application/octet-stream' }), (req, res) => res.type('application/octet-stream').send(Buffer.from(req.body).reverse()))
api.get('/login', (req, res) => res.cookie('session', 'abc', { httpOnly: true }).cookie('theme', 'dark').redirect('/api/me'))
api.get('/me', (req, res) => res.json({ cookie: req.headers.cookie ?? null, url: req.originalUrl }))
api.get('/lines', (req, res) => {
  res.type('text/plain')
  for (const line of ['one', 'two', 'three']) res.write(`${line}\n`)
  res.end()
})
api.get('/broken', () => { throw new Error('on purpose') })

app.use(['/api', '/.netlify/functions/api'], api)
app.use((req, res) => res.status(404).send(`Express has no ${req.originalUrl}`))
app.use((error, req, res, next) => res.status(500).json({ message: error.message }))

exports.handler = serverless(app, { binary: ['application/octet-stream'] })
