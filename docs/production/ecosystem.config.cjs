module.exports = {
  apps: [{
    name: 'site',
    script: 'server.mjs',
    // Processes of one machine share port, queue and schedules.
    exec_mode: 'cluster',
    instances: 2,
    // `pm2 reload site` ends an old process when the new one listens, and not before.
    wait_ready: true,
    listen_timeout: 60_000,
    // More than `delay` in server.mjs.
    kill_timeout: 60_000,
    env: { NODE_ENV: 'production' }
  }]
}
