import { mkdir, readFile, rename, writeFile } from "node:fs/promises";

export interface Progress {
  step: string;
  percent: number;
}

// Functions share no memory: what one tells another goes through a file, or, on Netlify, through Netlify Blobs
const directory = new URL("../.netlify/progress/", import.meta.url);

export async function saveProgress(id: string, progress: Progress) {
  const file = new URL(`${id}.json`, directory);
  const next = new URL(`${id}.next.json`, directory);
  await mkdir(directory, { recursive: true });
  // Renamed when complete, so that nobody reads half a file
  await writeFile(next, JSON.stringify(progress));
  await rename(next, file);
}

export async function readProgress(id: string): Promise<Progress> {
  try {
    return JSON.parse(await readFile(new URL(`${id}.json`, directory), "utf8"));
  } catch {
    return { step: "Queued", percent: 0 };
  }
}
