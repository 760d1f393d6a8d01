import type { Config, Context } from "@netlify/functions";

export default async (req: Request, context: Context) => {
  const isCat = context.url.pathname.startsWith("/cats");

  return new Response(isCat ? "Meow!" : "Woof!");
};

export const config: Config = {
  path: ["/cats", "/dogs"],
};
