import { isObject, missingString, respondEmpty, type EventType, type Fields } from './event-type.ts'

/** Something happened to a deploy. See `DeployEvent` of @netlify/functions. */
export const deployEvent: EventType = {
  problem (payload) {
    if (!isObject(payload)) return 'expected an object'
    if (!isObject(payload.payload)) return 'missing "payload" object'
    if (!isObject(payload.site)) return 'missing "site" object'
    return missingString(payload.payload, 'payload', ['id', 'state', 'created_at'])
  },
  call (payload) {
    const { payload: deploy, site } = payload as { payload: Fields, site: Fields }
    return { argument: { deploy: toDeploy(deploy), site: toSite(site) }, respond: respondEmpty }
  }
}

function toDeploy (deploy: Fields): Fields {
  return {
    id: deploy.id,
    siteId: deploy.site_id,
    buildId: deploy.build_id ?? null,
    state: deploy.state,
    errorMessage: deploy.error_message ?? null,
    url: deploy.url,
    sslUrl: deploy.ssl_url,
    permalinkUrl: deploy.deploy_ssl_url,
    adminUrl: deploy.admin_url,
    context: deploy.context,
    branch: deploy.branch ?? null,
    commitRef: deploy.commit_ref ?? null,
    commitUrl: deploy.commit_url ?? null,
    commitMessage: deploy.commit_message ?? null,
    committer: deploy.committer ?? null,
    title: deploy.title ?? null,
    createdAt: deploy.created_at,
    publishedAt: deploy.published_at ?? null,
    time: deploy.deploy_time ?? null,
    manual: Boolean(deploy.manual_deploy),
    framework: deploy.framework ?? null
  }
}

function toSite (site: Fields): Fields {
  return { id: site.id, name: site.name, url: site.url, adminUrl: site.admin_url }
}
