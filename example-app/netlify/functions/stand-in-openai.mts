import { setTimeout } from "node:timers/promises";
import type { Config } from "@netlify/functions";

// Speaks OpenAI's stream format, so that pie.mts has something to talk to offline
export default async (req: Request) => {
  const { model, messages } = await req.json();
  const pie = messages.at(-1).content;

  const body = new ReadableStream({
    async start(controller) {
      for (const word of recipe(pie).split(/(?<=\s)/)) {
        if (req.signal.aborted) return;
        await setTimeout(50);
        controller.enqueue(event(JSON.stringify(chunk(model, word))));
      }
      controller.enqueue(event("[DONE]"));
      controller.close();
    },
  });

  return new Response(body, {
    headers: { "content-type": "text/event-stream" },
  });
};

export const config: Config = {
  path: "/stand-in/v1/chat/completions",
  method: "POST",
};

function recipe(pie: string) {
  return `# Pie: ${pie}

1. Rub 125 g of cold butter into 250 g of flour, add a pinch of salt and a little water.
2. Let the dough rest for half an hour, then roll it out and line a tin with it.
3. Fill it generously: ${pie}.
4. Bake it at 190 °C for 40 minutes and let it cool. Enjoy!`;
}

function chunk(model: string, content: string) {
  return {
    id: "chatcmpl-stand-in",
    object: "chat.completion.chunk",
    model,
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
  };
}

function event(data: string) {
  return new TextEncoder().encode(`data: ${data}\n\n`);
}
