;; Counts the records of CSV text, 64 bytes at a step. What the numbers mean stands in record-marks.ts. The module that
;; is loaded is in record-marks-bytes.ts; a test compares the two.
;;
;; The text lies in memory up to $length, and 64 zero bytes follow it.
(module
  (memory (export "memory") 1)

  ;; Of the last call: what was counted, and where the last complete record ends.
  (global $records (export "records") (mut i32) (i32.const 0))
  (global $blank (export "blank") (mut i32) (i32.const 0))
  (global $trailing (export "trailing") (mut i32) (i32.const 0))
  (global $end (export "end") (mut i32) (i32.const 0))

  ;; A bit for each of the 64 bytes at $at that is $byte.
  (func $where (param $at i32) (param $byte v128) (result i64)
    (i64.or
      (i64.or
        (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (v128.load (local.get $at)) (local.get $byte))))
        (i64.shl
          (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (v128.load offset=16 (local.get $at)) (local.get $byte))))
          (i64.const 16)))
      (i64.or
        (i64.shl
          (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (v128.load offset=32 (local.get $at)) (local.get $byte))))
          (i64.const 32))
        (i64.shl
          (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (v128.load offset=48 (local.get $at)) (local.get $byte))))
          (i64.const 48)))))

  ;; Each bit becomes the parity of itself and of those below: of quotes, the bytes from an opening one to its closing one.
  (func $parity (param $bits i64) (result i64)
    (local.set $bits (i64.xor (local.get $bits) (i64.shl (local.get $bits) (i64.const 1))))
    (local.set $bits (i64.xor (local.get $bits) (i64.shl (local.get $bits) (i64.const 2))))
    (local.set $bits (i64.xor (local.get $bits) (i64.shl (local.get $bits) (i64.const 4))))
    (local.set $bits (i64.xor (local.get $bits) (i64.shl (local.get $bits) (i64.const 8))))
    (local.set $bits (i64.xor (local.get $bits) (i64.shl (local.get $bits) (i64.const 16))))
    (i64.xor (local.get $bits) (i64.shl (local.get $bits) (i64.const 32))))

  ;; Whether the record that ends in front of $to ends with a field that has nothing in it. $quote: -1 for none.
  (func $endsEmpty (param $from i32) (param $to i32) (param $delimiter i32) (param $quote i32) (result i32)
    (if (i32.eq (i32.load8_u (i32.sub (local.get $to) (i32.const 1))) (i32.const 13))
      (then (local.set $to (i32.sub (local.get $to) (i32.const 1)))))
    (if (i32.eq (i32.load8_u (i32.sub (local.get $to) (i32.const 1))) (local.get $delimiter))
      (then (return (i32.const 1))))
    ;; A delimiter stands in front of its two quotes, so there are three bytes.
    (if (i32.lt_u (i32.sub (local.get $to) (local.get $from)) (i32.const 3)) (then (return (i32.const 0))))
    (i32.and
      (i32.and
        (i32.eq (i32.load8_u (i32.sub (local.get $to) (i32.const 1))) (local.get $quote))
        (i32.eq (i32.load8_u (i32.sub (local.get $to) (i32.const 2))) (local.get $quote)))
      (i32.eq (i32.load8_u (i32.sub (local.get $to) (i32.const 3))) (local.get $delimiter))))

  ;; Counts records from $at on, where one begins, until the text ends, or something comes that these few rules cannot judge: a quote that opens within a
  ;; field, or a carriage return without a line feed. Returns 1 then; $end is where that record begins.
  (func (export "count") (param $at i32) (param $length i32) (param $delimiter i32) (param $quote i32) (param $width i32) (result i32)
    (local $from i32)
    (local $to i32)
    (local $below i64)
    (local $delimiters i32)
    (local $delimiterBytes v128)
    (local $quoteBytes v128)
    (local $quotes i64)
    (local $inside i64)
    (local $outside i64)
    (local $commas i64)
    (local $feeds i64)
    (local $returns i64)
    (local $starts i64)
    ;; From the step before: all bits when it ended in quotes; 1 when a field may begin; 1 when a line feed must come.
    (local $open i64)
    (local $mayStart i64)
    (local $mustFeed i64)
    (global.set $records (i32.const 0))
    (global.set $blank (i32.const 0))
    (global.set $trailing (i32.const 0))
    (global.set $end (local.get $at))
    (local.set $mayStart (i64.const 1))
    (local.set $delimiterBytes (i8x16.splat (local.get $delimiter)))
    (local.set $quoteBytes (i8x16.splat (local.get $quote)))
    (block $done
      (loop $step
        (br_if $done (i32.ge_u (local.get $at) (local.get $length)))
        (local.set $commas (call $where (local.get $at) (local.get $delimiterBytes)))
        (local.set $feeds (call $where (local.get $at) (i8x16.splat (i32.const 10))))
        (local.set $returns (call $where (local.get $at) (i8x16.splat (i32.const 13))))
        (if (i32.ge_s (local.get $quote) (i32.const 0))
          (then
            (local.set $quotes (call $where (local.get $at) (local.get $quoteBytes)))
            (local.set $inside (i64.xor (call $parity (local.get $quotes)) (local.get $open)))
            (local.set $open (i64.shr_s (local.get $inside) (i64.const 63)))
            (local.set $outside (i64.xor (local.get $inside) (i64.const -1)))
            (local.set $commas (i64.and (local.get $commas) (local.get $outside)))
            (local.set $feeds (i64.and (local.get $feeds) (local.get $outside)))
            (local.set $returns (i64.and (local.get $returns) (local.get $outside)))
            ;; Behind a closing quote a second one goes on with the field: two are one.
            (local.set $starts
              (i64.or
                (i64.or (local.get $commas) (local.get $feeds))
                (i64.and (local.get $quotes) (local.get $outside))))
            (if
              (i64.ne
                (i64.and
                  (i64.and (local.get $quotes) (local.get $inside))
                  (i64.xor
                    (i64.or (i64.shl (local.get $starts) (i64.const 1)) (local.get $mayStart))
                    (i64.const -1)))
                (i64.const 0))
              (then (return (i32.const 1))))
            (local.set $mayStart (i64.shr_u (local.get $starts) (i64.const 63)))))
        (if
          (i64.ne
            (i64.and
              (i64.or (i64.shl (local.get $returns) (i64.const 1)) (local.get $mustFeed))
              (i64.xor (local.get $feeds) (i64.const -1)))
            (i64.const 0))
          (then
            ;; At the end of the text the line feed may still come.
            (br_if $done
              (i32.and
                (i32.ge_u (i32.add (local.get $at) (i32.const 64)) (local.get $length))
                (i32.eq (i32.load8_u (i32.sub (local.get $length) (i32.const 1))) (i32.const 13))))
            (return (i32.const 1))))
        (local.set $mustFeed (i64.shr_u (local.get $returns) (i64.const 63)))
        (block $noMore
          (loop $feed
            (br_if $noMore (i64.eqz (local.get $feeds)))
            (local.set $to (i32.add (local.get $at) (i32.wrap_i64 (i64.ctz (local.get $feeds)))))
            (local.set $below
              (i64.sub
                (i64.and (local.get $feeds) (i64.sub (i64.const 0) (local.get $feeds)))
                (i64.const 1)))
            (local.set $delimiters
              (i32.add
                (local.get $delimiters)
                (i32.wrap_i64 (i64.popcnt (i64.and (local.get $commas) (local.get $below))))))
            (local.set $commas
              (i64.and (local.get $commas) (i64.xor (local.get $below) (i64.const -1))))
            (local.set $from (global.get $end))
            (if
              (i32.or
                (i32.eq (local.get $from) (local.get $to))
                (i32.and
                  (i32.eq (i32.add (local.get $from) (i32.const 1)) (local.get $to))
                  (i32.eq (i32.load8_u (local.get $from)) (i32.const 13))))
              (then (global.set $blank (i32.add (global.get $blank) (i32.const 1))))
              (else
                (global.set $records (i32.add (global.get $records) (i32.const 1)))
                (if (i32.eq (local.get $delimiters) (i32.add (local.get $width) (i32.const 1)))
                  (then
                    (global.set $trailing
                      (i32.add
                        (global.get $trailing)
                        (call $endsEmpty
                          (local.get $from)
                          (local.get $to)
                          (local.get $delimiter)
                          (local.get $quote))))))))
            (global.set $end (i32.add (local.get $to) (i32.const 1)))
            (local.set $delimiters (i32.const 0))
            (local.set $feeds (i64.and (local.get $feeds) (i64.sub (local.get $feeds) (i64.const 1))))
            (br $feed)))
        (local.set $delimiters
          (i32.add (local.get $delimiters) (i32.wrap_i64 (i64.popcnt (local.get $commas)))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $step)))
    (i32.const 0)))
