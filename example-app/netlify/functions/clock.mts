export default async () => {
  const encoder = new TextEncoder();
  const formatter = new Intl.DateTimeFormat("en", { timeStyle: "medium" });
  let timer: NodeJS.Timeout;

  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode("<html><body><ol>\n\n"));
      let i = 0;
      timer = setInterval(() => {
        controller.enqueue(
          encoder.encode(
            `<li>Hello at ${formatter.format(new Date())}</li>\n\n`
          )
        );
        if (i++ >= 5) {
          controller.enqueue(encoder.encode("</ol></body></html>\n"));
          controller.close();
          clearInterval(timer);
        }
      }, 1000);
    },
    // The visitor left before the end
    cancel() {
      clearInterval(timer);
    },
  });

  return new Response(body, {
    headers: {
      // Browsers show a page of a known type while it arrives
      "content-type": "text/html; charset=utf-8",
    },
  });
};
