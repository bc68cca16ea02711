using Go = import "/go.capnp";

@0xbd6ac7e0f1c24a83;

$Go.package("capnp");
$Go.import("github.com/hotso/hotso/scripts/compare/codec/capnp");

# An Order is shop.Order.
struct Order {
  number   @0  :UInt64;
  customer @1  :Text;
  email    @2  :Text;
  note     @3  :Text;
  placed   @4  :Int64; # nanoseconds since 1970
  express  @5  :Bool;
  weight   @6  :Float64;
  labels   @7  :List(Label);
  lines    @8  :List(Line);
  net      @9  :Int64;
  tax      @10 :Int64;
  total    @11 :Int64;
}

struct Label {
  name  @0 :Text;
  value @1 :Text;
}

struct Line {
  sku      @0 :Text;
  quantity @1 :Int32;
  price    @2 :Int64;
  sum      @3 :Int64;
}
