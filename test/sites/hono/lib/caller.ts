interface Named {
  readonly var: { readonly name: string }
}

export function nameOfCaller (context: () => Named): string {
  return context().var.name
}
