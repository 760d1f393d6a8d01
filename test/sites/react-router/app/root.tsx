import { Links, Meta, Outlet, Scripts, ScrollRestoration, isRouteErrorResponse, useRouteError } from 'react-router'
import type { ReactNode } from 'react'
import './style.css'

export function Layout ({ children }: { children: ReactNode }) {
  return (
    <html lang='en'>
      <head><meta charSet='utf-8' /><title>React Router</title><link rel='icon' href='data:,' /><Meta /><Links /></head>
      <body>{children}<ScrollRestoration /><Scripts /></body>
    </html>
  )
}

export default function Root () {
  return <Outlet />
}

export function ErrorBoundary () {
  const error = useRouteError()
  return <h1>{isRouteErrorResponse(error) ? `Error ${error.status}` : 'Error'}</h1>
}
