import type { Context } from "@netlify/functions";

export default async (req: Request, context: Context) => {
  // Get the pie from the request query string, or use a default
  const pie =
    context.url.searchParams.get("pie") ??
    "something inspired by a springtime garden";

  // The response body returned from "fetch" is a "ReadableStream",
  // so you can return it directly in your streaming response
  const res = await fetch(
    `${Netlify.env.get("OPENAI_BASE_URL")}/chat/completions`,
    {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        // Set this environment variable to your own key
        Authorization: `Bearer ${Netlify.env.get("OPENAI_API_KEY")}`,
      },
      body: JSON.stringify({
        model: "gpt-4o-mini",
        messages: [
          {
            role: "system",
            content:
              "You are a baker. The user will ask you for a pie recipe. You will respond with the recipe. Use markdown to format your response",
          },
          // Use "slice" to limit the length of the input to 500 characters
          { role: "user", content: pie.slice(0, 500) },
        ],
        // Use server-sent events to stream the response
        stream: true,
      }),
      // Stop the upstream, too, when the visitor leaves
      signal: req.signal,
    }
  );

  return new Response(res.body, {
    status: res.status,
    headers: {
      // This is the mimetype for server-sent events
      "content-type": res.ok ? "text/event-stream" : "application/json",
    },
  });
};
