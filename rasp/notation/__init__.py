"""Values and nodes → text, as the prompt, drawings and the compiler's reports write them."""
