//! Primitive types, to the byte and past their bounds.

use bytes::Bytes;

use super::*;

fn reader(bytes: &[u8]) -> Reader {
    Reader::new(Bytes::copy_from_slice(bytes))
}

fn written(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::new();
    write(&mut writer);
    writer.into_bytes().to_vec()
}

#[test]
fn varints_are_kafkas() {
    for (value, expected) in [
        (0, &[0][..]),
        (127, &[0x7f]),
        (128, &[0x80, 1]),
        (300, &[0xac, 2]),
        (u32::MAX, &[0xff, 0xff, 0xff, 0xff, 0x0f]),
    ] {
        assert_eq!(written(|w| w.put_uvarint(value)), expected);
        assert_eq!(reader(expected).get_uvarint(), Ok(value));
    }
    for value in [0, -1, 1, 63, -64, 64, i32::MIN, i32::MAX] {
        let bytes = written(|w| w.put_varint(value));
        assert_eq!(reader(&bytes).get_varint(), Ok(value));
    }
    assert_eq!(written(|w| w.put_varint(-1)), [1]);
    for value in [0, -1, 1, i64::MIN, i64::MAX, 1 << 40] {
        let bytes = written(|w| w.put_varlong(value));
        assert_eq!(reader(&bytes).get_varlong(), Ok(value));
    }
}

#[test]
fn long_varints_are_refused() {
    let too_long = Err(DecodeError::VarintTooLong);
    assert_eq!(
        reader(&[0x80, 0x80, 0x80, 0x80, 0x80, 0]).get_uvarint(),
        too_long
    );
    assert_eq!(
        reader(&[0xff, 0xff, 0xff, 0xff, 0x1f]).get_uvarint(),
        too_long
    );
    let mut bytes = [0xff; 10];
    bytes[9] = 2;
    assert_eq!(
        reader(&bytes).get_varlong(),
        Err(DecodeError::VarintTooLong)
    );
    bytes[9] = 1;
    assert_eq!(reader(&bytes).get_varlong(), Ok(i64::MIN));
}

#[test]
fn strings_in_both_forms() {
    for (compact, expected) in [(false, &[0, 2, b'h', b'i'][..]), (true, &[3, b'h', b'i'])] {
        let bytes = written(|w| w.put_nullable_string(Some("hi"), compact).expect("fits"));
        assert_eq!(bytes, expected);
        let text = reader(&bytes).get_nullable_string(compact);
        assert_eq!(text, Ok(Some("hi".to_owned())));
    }
    assert_eq!(reader(&[0xff, 0xff]).get_nullable_string(false), Ok(None));
    assert_eq!(reader(&[0]).get_nullable_string(true), Ok(None));
    let long = "x".repeat(32_768);
    let result = Writer::new().put_nullable_string(Some(&long), true);
    assert_eq!(result, Err(EncodeError::TooLong(32_768)));
    let result = reader(&[0x81, 0x80, 0x02]).get_nullable_string(true);
    assert_eq!(result, Err(DecodeError::StringTooLong(32_768)));
    let result = reader(&[0, 1, 0xff]).get_nullable_string(false);
    assert_eq!(result, Err(DecodeError::InvalidUtf8));
}

#[test]
fn byte_fields_are_slices_of_the_input() {
    let input = Bytes::from(vec![0, 0, 0, 2, 5, 6, 9]);
    let mut reader = Reader::new(input.clone());
    let field = reader.get_nullable_bytes(false).expect("reads");
    let field = field.expect("not null");
    assert_eq!(*field, [5, 6]);
    assert_eq!(field.as_ptr(), input[4..].as_ptr());
    assert_eq!(reader.remaining(), 1);
}

#[test]
fn lengths_past_the_end_are_refused() {
    let result = reader(&[0x7f, 0xff, 0xff, 0xff, 1]).get_nullable_bytes(false);
    let needed = i32::MAX as usize;
    let end = DecodeError::UnexpectedEnd {
        needed,
        remaining: 1,
    };
    assert_eq!(result, Err(end));
    let result = reader(&[0x7f, 0xff, 0xff, 0xff, 1]).get_nullable_count(false, 4, 8);
    let count = i32::MAX as usize;
    let too_large = DecodeError::CountTooLarge {
        count,
        remaining: 1,
    };
    assert_eq!(result, Err(too_large));
    assert!(reader(&[0, 0, 0]).get_i32().is_err());
}

#[test]
fn arrays_have_a_memory_limit() {
    // A megabyte of empty strings would take 24 in memory.
    let count = 1 << 20;
    let mut bytes = written(|w| w.put_uvarint(count + 1));
    bytes.resize(bytes.len() + count as usize, 1);
    let context = Context {
        version: 0,
        flexible: true,
    };
    let result = Vec::<String>::read(&mut reader(&bytes), context);
    assert_eq!(result, Err(DecodeError::TooManyElements));
}

#[test]
fn tagged_fields_must_end_where_they_say() {
    // One field, tag 5, three bytes, of which an int16 is read.
    let bytes = [1, 5, 3, 0, 1, 2, 42];
    let mut r = reader(&bytes);
    let result = r.get_tagged_fields(|r, _| r.get_i16().map(|_| true));
    assert_eq!(result, Err(DecodeError::TaggedFieldSize { tag: 5 }));
    // It can not read past its own end.
    let mut r = reader(&bytes);
    let result = r.get_tagged_fields(|r, _| r.get_i32().map(|_| true));
    assert!(matches!(result, Err(DecodeError::UnexpectedEnd { .. })));
    // Unknown: skipped.
    let mut r = reader(&bytes);
    assert_eq!(r.get_tagged_fields(|_, _| Ok(false)), Ok(()));
    assert_eq!(r.get_i8(), Ok(42));
}

#[test]
fn large_byte_fields_are_shared() {
    let records = Bytes::from(vec![1; 5000]);
    let mut writer = Writer::for_frame();
    writer.put_i16(7);
    writer
        .put_nullable_bytes(Some(&records), false)
        .expect("fits");
    writer.put_bytes_shared(Bytes::from_static(b"small"));
    writer.put_i8(9);
    let length = writer.len();
    let segments = writer.into_frame().expect("fits");
    assert_eq!(segments.len(), length);
    assert_eq!(segments.iter().count(), 3);
    let shared = segments.iter().nth(1).expect("three of them");
    assert_eq!(shared.as_ptr(), records.as_ptr());
    let whole = segments.into_bytes();
    assert_eq!(whole[..4], ((length - 4) as i32).to_be_bytes());
    assert_eq!(whole[length - 6..], *b"small\x09");
}
