export default async (): Promise<Response> => Response.json({ sku: 'A-100', title: 'Tea kettle', price: { amount: 3495, currency: 'EUR' }, tags: ['kitchen', 'steel'], inStock: true })
