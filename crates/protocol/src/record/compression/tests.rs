use super::*;

const LIMIT: usize = 16 * 1024 * 1024;

fn samples() -> Vec<Vec<u8>> {
    let mixed: Vec<u8> = (0..200_000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    vec![
        Vec::new(),
        b"a".to_vec(),
        b"highwater ".repeat(1000),
        vec![0; 1 << 20],
        mixed,
        vec![7; 65_536],
        vec![7; 65_537],
    ]
}

fn codecs() -> impl Iterator<Item = Compression> {
    Compression::ALL.into_iter().skip(1)
}

#[test]
fn codes_and_names_round_trip() {
    for codec in Compression::ALL {
        assert_eq!(Compression::from_code(codec.code()), Ok(codec));
        assert_eq!(Compression::from_name(codec.name()), Some(codec));
    }
    let unknown = Compression::from_code(5);
    assert_eq!(unknown, Err(BatchError::UnknownCompression(5)));
    assert_eq!(Compression::from_name("producer"), None);
    assert_eq!(
        Compression::from_name("uncompressed"),
        Some(Compression::None)
    );
}

#[test]
fn every_codec_and_level_round_trips() {
    for codec in Compression::ALL {
        let levels = [
            None,
            Some(-1),
            Some(1),
            Some(5),
            Some(9),
            Some(12),
            Some(1000),
        ];
        for (input, level) in samples().iter().zip(levels.into_iter().cycle()) {
            let compressed = Bytes::from(codec.compress(level, input).unwrap());
            let output = codec.decompress(&compressed, LIMIT).unwrap();
            assert_eq!(output, input, "{codec} {level:?}");
        }
        for level in levels {
            let compressed = Bytes::from(codec.compress(level, &samples()[4]).unwrap());
            assert_eq!(codec.decompress(&compressed, LIMIT).unwrap(), samples()[4]);
        }
    }
}

#[test]
fn output_is_appended() {
    for codec in Compression::ALL {
        let mut out = b"header".to_vec();
        codec.compress_into(None, b"content", &mut out).unwrap();
        let compressed = Bytes::from(out.split_off(6));
        assert_eq!(out, b"header");
        assert_eq!(codec.decompress(&compressed, 7).unwrap(), "content");
    }
}

#[test]
fn the_limit_is_exact() {
    for codec in codecs() {
        for input in samples().iter().filter(|input| !input.is_empty()) {
            let compressed = Bytes::from(codec.compress(None, input).unwrap());
            assert!(codec.decompress(&compressed, input.len()).is_ok());
            let limit = input.len() - 1;
            let refused = codec.decompress(&compressed, limit);
            assert_eq!(refused, Err(BatchError::OutputLimit { limit }), "{codec}");
        }
    }
}

#[test]
fn every_truncation_is_an_error() {
    let input = b"some records, some records, and some more records".repeat(5);
    for codec in codecs() {
        let compressed = Bytes::from(codec.compress(None, &input).unwrap());
        for length in 0..compressed.len() {
            let result = codec.decompress(&compressed.slice(..length), LIMIT);
            // A snappy stream says nothing of its end: whole blocks are a whole stream.
            let whole = codec == Compression::Snappy && length == 16;
            assert_eq!(result.is_ok(), whole, "{codec} {length}");
        }
    }
}

#[test]
fn bytes_after_the_end_are_an_error() {
    for codec in codecs() {
        let mut compressed = codec.compress(None, b"content").unwrap();
        compressed.extend_from_slice(&[1, 2, 3]);
        let result = codec.decompress(&compressed.into(), LIMIT);
        assert!(matches!(result, Err(BatchError::Codec { .. })), "{codec}");
    }
}

#[test]
fn flipped_bits_never_panic() {
    let input = b"0123456789 abcdef 0123456789".repeat(20);
    for codec in codecs() {
        let good = codec.compress(None, &input).unwrap();
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                if let Ok(output) = codec.decompress(&bad.into(), 10_000) {
                    assert!(output.len() <= 10_000);
                }
            }
        }
    }
}

#[test]
fn raw_snappy_is_read() {
    for input in samples() {
        let raw = snap::raw::Encoder::new().compress_vec(&input).unwrap();
        let output = Compression::Snappy.decompress(&raw.into(), LIMIT).unwrap();
        assert_eq!(output, input);
    }
}

#[test]
fn appended_snappy_streams_are_read() {
    let mut joined = Compression::Snappy.compress(None, b"one ").unwrap();
    joined.extend(Compression::Snappy.compress(None, b"two").unwrap());
    let output = Compression::Snappy.decompress(&joined.into(), LIMIT);
    assert_eq!(output.unwrap(), "one two");
}

#[test]
fn a_lying_snappy_block_allocates_nothing() {
    // A raw block that claims 4 GiB - 1.
    let lie = Bytes::from_static(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0]);
    let result = Compression::Snappy.decompress(&lie, LIMIT);
    assert!(matches!(result, Err(BatchError::Codec { .. })));
}

#[test]
fn lz4_frames_are_those_of_kafka() {
    // Magic, version 1 with independent blocks, 64 KiB, and the header's checksum.
    let compressed = Compression::Lz4.compress(None, b"content").unwrap();
    assert_eq!(compressed[..7], [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]);
    assert_eq!(compressed[compressed.len() - 4..], [0; 4]);
}

#[test]
fn lz4_frames_with_dependent_blocks_are_refused() {
    let mut encoder = ::lz4::EncoderBuilder::new().build(Vec::new()).unwrap();
    encoder.write_all(&vec![1; 200_000]).unwrap();
    let (linked, result) = encoder.finish();
    result.unwrap();
    let refused = Compression::Lz4.decompress(&linked.into(), LIMIT);
    assert!(matches!(refused, Err(BatchError::Codec { .. })));
}

#[test]
fn bombs_stop_at_the_limit() {
    let zeros = vec![0u8; 64 * 1024 * 1024];
    for codec in codecs() {
        let bomb = Bytes::from(codec.compress(None, &zeros).unwrap());
        let refused = codec.decompress(&bomb, 100_000);
        assert_eq!(refused, Err(BatchError::OutputLimit { limit: 100_000 }));
    }
}
