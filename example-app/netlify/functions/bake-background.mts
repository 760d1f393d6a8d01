import { setTimeout } from "node:timers/promises";
import type { Config, Context } from "@netlify/functions";
import { saveProgress } from "../progress.mts";

const steps = ["Kneading", "Resting", "Filling", "Baking", "Cooling"];

// Whoever starts it gets an empty 202 at once; this goes on meanwhile
export default async (req: Request, context: Context) => {
  const { id } = context.params;

  for (const [index, step] of steps.entries()) {
    await saveProgress(id, { step, percent: (index / steps.length) * 100 });
    await setTimeout(800);
  }
  await saveProgress(id, { step: "Done", percent: 100 });
};

export const config: Config = {
  path: "/bake/:id([0-9a-f\\-]+)",
  method: "POST",
};
