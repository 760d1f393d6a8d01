import { index, route, type RouteConfig } from '@react-router/dev/routes'

export default [
  index('routes/home.tsx'),
  route('products/:id', 'routes/product.tsx'),
  route('slow', 'routes/slow.tsx'),
  route('old', 'routes/old.ts'),
  route('api/echo', 'routes/echo.ts')
] satisfies RouteConfig
