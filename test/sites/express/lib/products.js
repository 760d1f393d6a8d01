const products = JSON.parse(require('node:fs').readFileSync(`${__dirname}/products.json`, 'utf8'))

exports.find = (id) => products[id]
