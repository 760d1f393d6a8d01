import type { Config, Context } from "@netlify/functions";

export default async (req: Request, context: Context) => {
  return context.json({ path: context.url.pathname, params: context.params });
};

export const config: Config = {
  path: ["/sale/*", "/item/:sku"],
};
