#!/usr/bin/env node
// What is imported here may not even parse in an older Node.js, so it is loaded after the check.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 13)) {
  console.error(`fastify-netlify-functions needs Node.js 22.13 or newer; this is ${process.versions.node}`)
  process.exitCode = 1
} else {
  const { main } = await import('./cli/main.ts')
  await main(process.argv)
}

export {}
