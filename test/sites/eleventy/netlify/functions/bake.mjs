export default async (req) => {
  const { searchParams, pathname } = new URL(req.url)
  return Response.json({ what: searchParams.get('what'), pathname, site: Netlify.env.get('ELEVENTY_SITE') ?? null })
}
