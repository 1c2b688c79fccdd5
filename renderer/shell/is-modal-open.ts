/** Whether a dialog lies over the page: keys and drops then belong to it alone. */
export function isModalOpen(): boolean {
  return document.querySelector('[role="dialog"][aria-modal="true"]') !== null
}
