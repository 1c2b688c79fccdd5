/** The page asks for a port here; the only thing that it can say outside one. */
export const CONNECT_CHANNEL = 'occystrap:connect'

/** The port arrives under this name, in the preload script and then in the page. */
export const PORT_CHANNEL = 'occystrap:port'
