// Lets the compiler accept functions without a body (pin.go).
