# A Ruby host of the greeter, through the C API of include/greeter.h.
#
#     ruby libgreeter/examples/ruby/greet.rb build/libgreeter.v2.so
#
# Exit code: 0 all went well, 1 a call failed, 2 wrong arguments, 3 the file is
# not a library that this program can use.
require "fiddle/import"

FAILED, USAGE, NOT_USABLE = 1, 2, 3

# The C API. Fiddle's parser knows the types of C99, so hotso_status is written as what it is.
module Library
  extend Fiddle::Importer

  Description = struct ["char magic[8]", "uint32_t abi", "uint32_t flags", "char name[64]", "char version[64]"]

  def self.open(path)
    dlload path
    extern "void *hotso_describe()"
    extern "int32_t hotso_start(int64_t)"
    extern "int32_t hotso_stop(int64_t)"
    extern "int32_t hotso_take(int32_t, char *, size_t, size_t *)"
    extern "int32_t hotso_take_status()"
    extern "void hotso_free(void *)"
    extern "char *Greet()"
    extern "int32_t Add(int32_t, int32_t)"
    extern "int32_t GreetName(char *, size_t, char *, size_t, size_t *)"
  end
end

# A loaded greeter. Its methods may be called from any thread.
class Greeter
  # The file is not a hotso library of this ABI.
  class NotUsable < StandardError; end

  # A function of the library failed; the message is its message.
  class Error < StandardError; end

  ABI_VERSION = 1
  MAGIC = "hotso\0\0\1".bytes
  OK, TOO_SMALL = 0, 1 # kinds of a status
  TIMEOUT = 10 * 10**9 # nanoseconds

  attr_reader :abi, :name, :version

  def initialize(path)
    begin
      Library.open(path)
      @pending = Library.import_symbol("hotso_pending")
    rescue Fiddle::DLError => e
      raise NotUsable, e.message
    end
    d = Library::Description.new(Library.hotso_describe)
    raise NotUsable, "#{path}: not a hotso library of ABI #{ABI_VERSION}" if d.magic != MAGIC || d.abi != ABI_VERSION

    @abi = d.abi
    @name, @version = [d.name, d.version].map { |chars| chars.pack("C*").unpack1("Z*") }
  end

  def start = check(Library.hotso_start(TIMEOUT))

  def stop = check(Library.hotso_stop(TIMEOUT))

  def greet
    pointer = Library.Greet
    check_pending
    pointer.to_s.force_encoding(Encoding::UTF_8)
  ensure
    Library.hotso_free(pointer) if pointer
  end

  def add(a, b)
    Library.Add(a, b).tap { check_pending }
  end

  # The greeting, and whether it was longer than capacity and had to be taken.
  def greet_name(name, capacity = 32)
    out, length = "\0" * capacity, [0].pack("J")
    status = Library.GreetName(name, name.bytesize, out, capacity, length)
    return take(status, length.unpack1("J")), true if status & 0xff == TOO_SMALL

    check(status)
    [out.byteslice(0, length.unpack1("J")).force_encoding(Encoding::UTF_8), false]
  end

  private

  def check(status)
    raise Error, take(status, 256) if status != OK
  end

  # After a function that has no status to return: did it panic?
  def check_pending
    check(Library.hotso_take_status) if @pending[0, Fiddle::SIZEOF_INT].unpack1("L") != 0
  end

  # The bytes kept for a status; size is how many are expected, more are taken too.
  def take(status, size)
    length = [size].pack("J")
    loop do
      out = "\0" * length.unpack1("J")
      kind = Library.hotso_take(status, out, out.bytesize, length) & 0xff
      return out.byteslice(0, length.unpack1("J")).force_encoding(Encoding::UTF_8) if kind != TOO_SMALL
    end
  end
end

abort_with = ->(code, message) { warn message; exit code }
abort_with[USAGE, "usage: greet.rb LIBRARY"] if ARGV.length != 1

begin
  greeter = Greeter.new(ARGV[0])
  puts "library: #{greeter.name.empty? ? 'not sealed' : "#{greeter.name} #{greeter.version}"}, ABI #{greeter.abi}"
  greeter.start
  puts "Greet: #{greeter.greet}", "Add: 40 + 2 = #{greeter.add(40, 2)}"
  ["Ada", "Augusta Ada King, Countess of Lovelace", ""].each do |name|
    text, taken = greeter.greet_name(name)
    puts "GreetName: #{text}#{" (#{text.bytesize} bytes, taken)" if taken}"
  rescue Greeter::Error => e
    puts "GreetName: error: #{e.message}"
  end
  greeter.stop
  puts "stopped"
rescue Greeter::NotUsable => e
  abort_with[NOT_USABLE, e.message]
rescue Greeter::Error => e
  abort_with[FAILED, e.message]
end
