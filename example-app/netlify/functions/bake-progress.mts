import type { Config, Context } from "@netlify/functions";
import { readProgress } from "../progress.mts";

export default async (req: Request, context: Context) => {
  return context.json(await readProgress(context.params.id));
};

export const config: Config = {
  path: "/bake/:id([0-9a-f\\-]+)",
  method: "GET",
};
