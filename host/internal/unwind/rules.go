package unwind

// rules say where the caller's registers are, at one instruction.
type rules struct {
	base struct { // the canonical frame address
		register int
		offset   int64
	}
	registers [maxRegisters]rule
}

// A rule is that of one register.
type rule struct {
	kind   ruleKind
	offset int64
}

type ruleKind byte

const (
	ruleSame      ruleKind = iota // it has what it had
	ruleOffset                    // it was saved there, from the canonical frame address
	ruleValue                     // it is that address, and an offset
	ruleUndefined                 // nobody knows; of the return address: there is no caller
	ruleOther                     // it is computed
)

// computed is the base register of an address that is computed.
const computed = -1

// rules runs the instructions of a function up to an address (DWARF 5, 6.4.2; LSB 10.6.1.3).
func (f *function) rules(pc uint64) (*rules, error) {
	if f.signal {
		return nil, unknown("a handler interrupted it")
	}
	var initial rules
	x := &interpreter{f: f, rules: initial, at: f.begin}
	if err := x.run(f.initial, ^uint64(0)); err != nil {
		return nil, err
	}
	initial = x.rules
	x.initial, x.at = &initial, f.begin
	if err := x.run(f.own, pc); err != nil {
		return nil, err
	}
	if x.rules.base.register == computed {
		return nil, unknown("where the frame begins is computed")
	}
	return &x.rules, nil
}

type interpreter struct {
	f       *function
	rules   rules
	initial *rules // for what is restored
	saved   []rules
	at      uint64
}

// maxSaved bounds how many rules are remembered.
const maxSaved = 16

// run carries instructions out as long as they are for addresses up to pc.
func (x *interpreter) run(code []byte, pc uint64) error {
	r := &reader{data: code}
	for len(r.data) > 0 && r.err == nil {
		op := r.uint8()
		low := uint64(op & 0x3f)
		switch op >> 6 {
		case 1:
			if !x.advance(low, pc) {
				return nil
			}
			continue
		case 2:
			x.put(low, rule{ruleOffset, int64(r.uleb()) * x.f.data})
			continue
		case 3:
			x.restore(low)
			continue
		}
		switch op {
		case 0x00, 0x2d: // nop; AARCH64_negate_ra_state, as no signature is looked at
		case 0x02, 0x03, 0x04: // advance_loc1, 2, 4
			if !x.advance(r.uint(1<<(op-2)), pc) {
				return nil
			}
		case 0x05: // offset_extended
			x.put(r.uleb(), rule{ruleOffset, int64(r.uleb()) * x.f.data})
		case 0x06: // restore_extended
			x.restore(r.uleb())
		case 0x07:
			x.put(r.uleb(), rule{kind: ruleUndefined})
		case 0x08:
			x.put(r.uleb(), rule{kind: ruleSame})
		case 0x09: // register
			x.put(r.uleb(), rule{kind: ruleOther})
			r.uleb()
		case 0x0a: // remember_state
			if len(x.saved) == maxSaved {
				return unknown("too many states are remembered")
			}
			x.saved = append(x.saved, x.rules)
		case 0x0b: // restore_state
			if len(x.saved) == 0 {
				return unknown("no state is remembered")
			}
			x.rules, x.saved = x.saved[len(x.saved)-1], x.saved[:len(x.saved)-1]
		case 0x0c: // def_cfa
			x.rules.base.register, x.rules.base.offset = register(r.uleb()), int64(r.uleb())
		case 0x0d: // def_cfa_register
			x.rules.base.register = register(r.uleb())
		case 0x0e: // def_cfa_offset
			x.rules.base.offset = int64(r.uleb())
		case 0x0f: // def_cfa_expression
			x.rules.base.register = computed
			r.skip(r.uleb())
		case 0x10, 0x16: // expression, val_expression
			x.put(r.uleb(), rule{kind: ruleOther})
			r.skip(r.uleb())
		case 0x11: // offset_extended_sf
			x.put(r.uleb(), rule{ruleOffset, r.sleb() * x.f.data})
		case 0x12: // def_cfa_sf
			x.rules.base.register, x.rules.base.offset = register(r.uleb()), r.sleb()*x.f.data
		case 0x13: // def_cfa_offset_sf
			x.rules.base.offset = r.sleb() * x.f.data
		case 0x14: // val_offset
			x.put(r.uleb(), rule{ruleValue, int64(r.uleb()) * x.f.data})
		case 0x15: // val_offset_sf
			x.put(r.uleb(), rule{ruleValue, r.sleb() * x.f.data})
		case 0x2e: // GNU_args_size
			r.uleb()
		default:
			return unknown("instruction %#x", op)
		}
	}
	return r.err
}

// advance reports whether what follows is still for addresses up to pc.
func (x *interpreter) advance(by, pc uint64) bool {
	x.at += by * x.f.code
	return x.at <= pc
}

// put sets the rule of a register. Those that are not integers don't matter.
func (x *interpreter) put(register uint64, r rule) {
	if register < maxRegisters {
		x.rules.registers[register] = r
	}
}

func (x *interpreter) restore(register uint64) {
	if x.initial != nil && register < maxRegisters {
		x.rules.registers[register] = x.initial.registers[register]
	}
}

func register(n uint64) int { return int(min(n, maxRegisters)) }
