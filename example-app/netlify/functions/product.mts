import type { Config, Context } from "@netlify/functions";

export default async (req: Request, context: Context) => {
  return new Response(`There is no page for "${context.params.sku}" yet.`);
};

// public/product/teapot.html is served as it is
export const config: Config = {
  path: "/product/:sku",
  preferStatic: true,
};
