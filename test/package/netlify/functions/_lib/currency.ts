export enum Currency { Euro = '€' }

export function format (amount: number, currency: Currency): string {
  return `${amount.toFixed(2)} ${currency}`
}
