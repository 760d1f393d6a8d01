/** What `context.site`, `context.deploy`, `context.account` and `context.server` show. */
export interface SiteIdentity {
  readonly site: { readonly id?: string | undefined, readonly name?: string | undefined, readonly url?: string | undefined }
  readonly deploy: { readonly branch: string, readonly context: string, readonly id: string, readonly published: boolean, readonly skewProtectionToken?: string | undefined }
  readonly account: { readonly id: string }
  readonly region: string
}
