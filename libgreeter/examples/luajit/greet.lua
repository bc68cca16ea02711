-- A LuaJIT host of the greeter, through include/greeter.cdef.
--
--     luajit libgreeter/examples/luajit/greet.lua build/libgreeter.v2.so
--
-- Exit code: 0 all went well, 1 a call failed, 2 wrong arguments, 3 the file is
-- not a library that this program can use.
local ffi = require("ffi")
local bit = require("bit")

local FAILED, USAGE, NOT_USABLE = 1, 2, 3
local TIMEOUT = 10000000000LL -- nanoseconds

local function fail(code, message)
  io.stderr:write(tostring(message), "\n")
  os.exit(code)
end

if #arg ~= 1 then
  fail(USAGE, "usage: greet.lua LIBRARY")
end

local header = arg[0]:gsub("[^/]*$", "") .. "../../../include/greeter.cdef"
ffi.cdef(assert(io.open(header)):read("*a"))

local loaded, lib = pcall(ffi.load, arg[1])
if not loaded then
  fail(NOT_USABLE, lib)
end
local found, d = pcall(function() return lib.hotso_describe() end)
if not found then
  fail(NOT_USABLE, arg[1] .. ": " .. d)
end
if ffi.string(d.magic, 8) ~= "hotso\0\0\1" or d.abi ~= lib.HOTSO_ABI_VERSION then
  fail(NOT_USABLE, arg[1] .. ": not a hotso library of ABI " .. lib.HOTSO_ABI_VERSION)
end

-- The bytes kept for a status; size is how many are expected, more are taken too.
local function take(status, size)
  local length = ffi.new("size_t[1]", size)
  while true do
    local capacity = tonumber(length[0])
    local out = ffi.new("char[?]", capacity)
    local kind = bit.band(lib.hotso_take(status, out, capacity, length), 0xff)
    if kind ~= lib.HOTSO_TOO_SMALL then
      return ffi.string(out, length[0])
    end
  end
end

local function check(status)
  if status ~= lib.HOTSO_OK then
    error(take(status, 256), 0)
  end
end

-- To be called after a function that returns no status: did it panic?
local function check_pending()
  if lib.hotso_pending ~= 0 then
    check(lib.hotso_take_status())
  end
end

local function greet()
  local text = ffi.gc(lib.Greet(), lib.hotso_free)
  check_pending()
  return ffi.string(text)
end

local function add(a, b)
  local sum = lib.Add(a, b)
  check_pending()
  return sum
end

-- The greeting, and whether it was longer than the buffer and had to be taken.
local function greet_name(name)
  local out, length = ffi.new("char[32]"), ffi.new("size_t[1]")
  local status = lib.GreetName(name, #name, out, ffi.sizeof(out), length)
  if bit.band(status, 0xff) == lib.HOTSO_TOO_SMALL then
    return take(status, length[0]), true
  end
  check(status)
  return ffi.string(out, length[0]), false
end

local function main()
  local name = ffi.string(d.name)
  local who = name == "" and "not sealed" or name .. " " .. ffi.string(d.version)
  print(("library: %s, ABI %d"):format(who, d.abi))
  check(lib.hotso_start(TIMEOUT))
  print("Greet: " .. greet())
  print("Add: 40 + 2 = " .. add(40, 2))
  for _, somebody in ipairs { "Ada", "Augusta Ada King, Countess of Lovelace", "" } do
    local ok, text, taken = pcall(greet_name, somebody)
    if not ok then
      print("GreetName: error: " .. text)
    else
      print("GreetName: " .. text .. (taken and (" (%d bytes, taken)"):format(#text) or ""))
    end
  end
  check(lib.hotso_stop(TIMEOUT))
  print("stopped")
end

local ok, message = pcall(main)
if not ok then
  fail(FAILED, message)
end
