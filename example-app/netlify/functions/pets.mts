import type { Config, Context } from "@netlify/functions";

export default async (req: Request, context: Context) => {
  return new Response(
    context.url.pathname.startsWith("/cats") ? "Meow! 🐈" : "Woof! 🐕"
  );
};

export const config: Config = {
  path: ["/cats", "/dogs"],
};
