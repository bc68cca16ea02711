package libbuild

// paramInstead says what to write in place of a parameter's type.
func paramInstead(typ string) string {
	switch typ {
	case "string", "*C.char":
		return "take text as a *C.hotso_cchar and its length, C.size_t"
	case "[]byte", "[]uint8", "unsafe.Pointer":
		return "take bytes as a *C.hotso_cbyte and their length, C.size_t"
	case "*C.uint8_t", sizePtr:
		return "a buffer for a result is the last three parameters, " +
			"out *C.char or *C.uint8_t, outCap C.size_t, outLen *C.size_t, of a function that returns C.hotso_status"
	}
	if structPointer(typ) {
		return "say what its fields are with //hotso:signature, or let hotso gen write the export"
	}
	if typ[0] == '*' && scalars[typ[1:]] != "" {
		return "a pointer to a result is the last parameter of a function that returns C.hotso_status"
	}
	return scalarInstead(typ)
}

// resultInstead says what to write in place of a result's type.
func resultInstead(typ string) string {
	switch typ {
	case "string", "[]byte", "[]uint8", "unsafe.Pointer", "*C.uint8_t":
		return "return C.hotso_status and take a buffer, out *C.char or *C.uint8_t, outCap C.size_t, outLen *C.size_t"
	case "error":
		return "return C.hotso_status, from cabi.Run"
	}
	return scalarInstead(typ)
}

func scalarInstead(typ string) string {
	switch typ {
	case "int", "C.int", "C.ssize_t", "C.long", "C.longlong", "C.short", "C.schar", "C.char":
		return "use a fixed width, such as int64 or C.int64_t"
	case "uint", "uintptr", "C.uint", "C.ulong", "C.ulonglong", "C.ushort", "C.uchar", "C.uintptr_t", size:
		return "use a fixed width, such as uint64 or C.uint64_t"
	}
	return "use a type of fixed width (bool, int8 to uint64, float32, float64, or C's), text, bytes, a slice or struct of numbers"
}
