//go:build cgo && linux && (amd64 || arm64)

package cabi

// #include <stddef.h>
// #include "offsets.h"
// #include "shim.h"
// enum {
//   hotso_off_config_owner = offsetof(hotso_config, owner),
//   hotso_off_config_record = offsetof(hotso_config, record),
//   hotso_off_config_entry = offsetof(hotso_config, entry),
//   hotso_off_config_call = offsetof(hotso_config, call),
//   hotso_off_config_host = offsetof(hotso_config, host),
//   hotso_off_config_start = offsetof(hotso_config, start),
//   hotso_off_config_argc = offsetof(hotso_config, argc),
//   hotso_off_config_argv = offsetof(hotso_config, argv),
//   hotso_off_config_inits = offsetof(hotso_config, inits),
//   hotso_off_config_inits_n = offsetof(hotso_config, inits_n),
//   hotso_off_config_finis = offsetof(hotso_config, finis),
//   hotso_off_config_finis_n = offsetof(hotso_config, finis_n),
//   hotso_off_config_reclaim = offsetof(hotso_config, reclaim),
//   hotso_off_config_files = offsetof(hotso_config, files),
//   hotso_off_config_go_low = offsetof(hotso_config, go_low),
//   hotso_off_config_go_high = offsetof(hotso_config, go_high),
//   hotso_off_record_owner = offsetof(hotso_record, owner),
//   hotso_off_record_depth = offsetof(hotso_record, depth),
//   hotso_off_record_busy = offsetof(hotso_record, busy),
//   hotso_off_record_jump = offsetof(hotso_record, jump),
//   hotso_off_record_thread = offsetof(hotso_record, thread),
//   hotso_off_record_mask = offsetof(hotso_record, mask),
//   hotso_off_record_missed = offsetof(hotso_record, missed),
//   hotso_off_jump_prev = offsetof(hotso_jump, prev),
//   hotso_off_entry_owner = offsetof(hotso_entry, owner),
//   hotso_off_entry_record = offsetof(hotso_entry, record),
//   hotso_off_entry_text_low = offsetof(hotso_entry, text_low),
//   hotso_off_entry_text_high = offsetof(hotso_entry, text_high),
//   hotso_off_entry_state = offsetof(hotso_entry, state),
//   hotso_off_entry_exiting = offsetof(hotso_entry, exiting),
//   hotso_off_entry_key_dtor = offsetof(hotso_entry, key_dtor),
//   hotso_off_entry_key_stub = offsetof(hotso_entry, key_stub),
//   hotso_off_entry_handlers = offsetof(hotso_entry, handlers),
//   hotso_off_entry_crash_fd = offsetof(hotso_entry, crash_fd),
//   hotso_off_entry_crashed = offsetof(hotso_entry, crashed),
//   hotso_off_entry_crash_message = offsetof(hotso_entry, crash_message),
//   hotso_off_entry_fatal = offsetof(hotso_entry, fatal),
//   hotso_off_entry_more = offsetof(hotso_entry, more),
//   hotso_off_objects_list = offsetof(hotso_objects, list),
//   hotso_off_objects_n = offsetof(hotso_objects, n),
//   hotso_off_objects_ranges = offsetof(hotso_objects, ranges),
//   hotso_off_objects_locals = offsetof(hotso_objects, locals),
//   hotso_off_objects_locals_size = offsetof(hotso_objects, locals_size),
//   hotso_off_objects_names = offsetof(hotso_objects, names),
//   hotso_off_object_base = offsetof(hotso_object, base),
// };
import "C"

import "github.com/hotso/hotso/cabi/abi"

// Each line fails the build where the shim and the host's dispatcher disagree.
var (
	_ [C.hotso_off_config_owner]byte  = [abi.ConfigOwner]byte{}
	_ [C.hotso_off_config_record]byte = [abi.ConfigRecord]byte{}
	_ [C.hotso_off_config_entry]byte  = [abi.ConfigEntry]byte{}
	_ [C.hotso_off_config_call]byte   = [abi.ConfigCall]byte{}
	_ [C.hotso_off_config_host]byte   = [abi.ConfigHost]byte{}
	_ [C.hotso_off_config_start]byte  = [abi.ConfigStart]byte{}
	_ [C.hotso_off_config_argc]byte   = [abi.ConfigArgc]byte{}
	_ [C.hotso_off_config_argv]byte   = [abi.ConfigArgv]byte{}
	_ [C.hotso_off_config_inits]byte  = [abi.ConfigInits]byte{}

	_ [C.hotso_off_config_inits_n]byte = [abi.ConfigInitsN]byte{}
	_ [C.hotso_off_config_finis]byte   = [abi.ConfigFinis]byte{}
	_ [C.hotso_off_config_finis_n]byte = [abi.ConfigFinisN]byte{}
	_ [C.hotso_off_config_reclaim]byte = [abi.ConfigReclaim]byte{}
	_ [C.hotso_off_config_files]byte   = [abi.ConfigFiles]byte{}
	_ [C.hotso_off_config_go_low]byte  = [abi.ConfigGoLow]byte{}
	_ [C.hotso_off_config_go_high]byte = [abi.ConfigGoHigh]byte{}

	_ [C.sizeof_hotso_record]byte     = [abi.RecordSize]byte{}
	_                                 = [abi.SlotSize - abi.SlotRecord - abi.RecordSize]byte{} // it fits
	_ [C.hotso_off_record_owner]byte  = [abi.RecordOwner]byte{}
	_ [C.hotso_off_record_depth]byte  = [abi.RecordDepth]byte{}
	_ [C.hotso_off_record_busy]byte   = [abi.RecordBusy]byte{}
	_ [C.hotso_off_record_jump]byte   = [abi.RecordJump]byte{}
	_ [C.hotso_off_record_thread]byte = [abi.RecordThread]byte{}
	_ [C.hotso_off_record_mask]byte   = [abi.RecordMask]byte{}
	_ [C.hotso_off_record_missed]byte = [abi.RecordMissed]byte{}

	_ [C.sizeof_hotso_entry]byte            = [abi.EntrySize]byte{}
	_ [C.HOTSO_HANDLED]byte                 = [abi.HandledCount]byte{}
	_ [C.HOTSO_KILL]byte                    = [abi.HandlerKILL]byte{}
	_ [C.HOTSO_SLOTS_SIZE]byte              = [abi.MaxSlots * abi.SlotSize]byte{}
	_ [C.HOTSO_KILL_SIGNAL]byte             = [abi.KillSignal]byte{}
	_ [C.hotso_off_entry_owner]byte         = [abi.EntryOwner]byte{}
	_ [C.hotso_off_entry_record]byte        = [abi.EntryRecord]byte{}
	_ [C.hotso_off_entry_text_low]byte      = [abi.EntryTextLow]byte{}
	_ [C.hotso_off_entry_text_high]byte     = [abi.EntryTextHigh]byte{}
	_ [C.hotso_off_entry_state]byte         = [abi.EntryState]byte{}
	_ [C.hotso_off_entry_exiting]byte       = [abi.EntryExiting]byte{}
	_ [C.hotso_off_entry_key_dtor]byte      = [abi.EntryKeyDtor]byte{}
	_ [C.hotso_off_entry_key_stub]byte      = [abi.EntryKeyStub]byte{}
	_ [C.hotso_off_entry_handlers]byte      = [abi.EntryHandlers]byte{}
	_ [C.hotso_off_entry_crash_fd]byte      = [abi.EntryCrashFD]byte{}
	_ [C.hotso_off_entry_crashed]byte       = [abi.EntryCrashed]byte{}
	_ [C.hotso_off_entry_crash_message]byte = [abi.EntryCrashMsg]byte{}
	_ [C.hotso_off_entry_fatal]byte         = [abi.EntryFatal]byte{}
	_ [C.hotso_off_entry_more]byte          = [abi.EntryMore]byte{}

	_ [C.sizeof_hotso_objects]byte          = [abi.ObjectsSize]byte{}
	_ [C.hotso_off_objects_list]byte        = [abi.ObjectsList]byte{}
	_ [C.hotso_off_objects_n]byte           = [abi.ObjectsN]byte{}
	_ [C.hotso_off_objects_ranges]byte      = [abi.ObjectsRanges]byte{}
	_ [C.hotso_off_objects_locals]byte      = [abi.ObjectsLocals]byte{}
	_ [C.hotso_off_objects_locals_size]byte = [abi.ObjectsLocalsSize]byte{}
	_ [C.hotso_off_objects_names]byte       = [abi.ObjectsNamesAt]byte{}
	_ [C.sizeof_hotso_object]byte           = [abi.ObjectSize]byte{}
	_ [C.hotso_off_object_base]byte         = [abi.ObjectBase]byte{}

	// The assembly's own numbers; its offsets are compared in offsets.c.
	_ [C.HOTSO_CRASH_EXIT]byte    = [abi.CrashExit]byte{}
	_ [C.HOTSO_CRASH_SIGNAL]byte  = [abi.CrashSignal]byte{}
	_ [C.HOTSO_CRASH_BY_C]byte    = [abi.CrashByC]byte{}
	_ [C.hotso_off_jump_prev]byte = [C.HOTSO_JUMP_PREV]byte{}
)
