export default async (req: Request): Promise<void> => {
  Object.assign(globalThis, { note: await req.text() })
}
