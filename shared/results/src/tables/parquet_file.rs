//! A table as the bytes of a Parquet file, and back.

use super::columns::{Column, ColumnFacts, Name, Row, Sort, Values};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::column::reader::ColumnReader;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};
use std::panic::catch_unwind;
use std::sync::Arc;

/// Rows that are compressed together: what a reader of one column has in memory at least.
const ROWS_TOGETHER: usize = 1 << 18;

/// The file of these rows, which says `facts` of itself besides what each column means.
pub fn to_bytes<R: Row>(rows: &[R], facts: &[(&str, String)]) -> Result<Vec<u8>> {
    let fields = R::COLUMNS.iter().map(field).collect::<Result<Vec<TypePtr>>>()?;
    let schema = Type::group_type_builder(R::NAME).with_fields(fields).build()?;
    let of_column = |column: &ColumnFacts| KeyValue::new(format!("about.{}", column.name), column.about());
    let of_table = KeyValue::new("about".to_owned(), R::ABOUT.concat().trim().to_owned());
    let of_run = facts
        .iter()
        .map(|(key, value)| KeyValue::new((*key).to_owned(), value.clone()));
    let said = std::iter::once(of_table)
        .chain(of_run)
        .chain(R::COLUMNS.iter().map(of_column))
        .collect();
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by("secnet".to_owned())
        .set_key_value_metadata(Some(said))
        .build();
    let mut file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
    for rows in rows.chunks(ROWS_TOGETHER) {
        let mut group = file.next_row_group()?;
        let mut columns = R::columns(rows).into_iter();
        while let (Some(mut writer), Some(column)) = (group.next_column()?, columns.next()) {
            write(&mut writer, column)?;
            writer.close()?;
        }
        group.close()?;
    }
    file.into_inner()
}

fn field(facts: &ColumnFacts) -> Result<TypePtr> {
    let (physical, logical) = match facts.sort {
        Sort::Integer => (Physical::INT64, None),
        Sort::Number => (Physical::DOUBLE, None),
        Sort::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Sort::Truth => (Physical::BOOLEAN, None),
        Sort::Instant => (
            Physical::INT64,
            Some(LogicalType::timestamp(false, TimeUnit::MICROS)),
        ),
    };
    let repetition = match facts.is_optional {
        true => Repetition::OPTIONAL,
        false => Repetition::REQUIRED,
    };
    let builder = Type::primitive_type_builder(facts.name, physical);
    let field = builder
        .with_repetition(repetition)
        .with_logical_type(logical)
        .build()?;
    Ok(Arc::new(field))
}

fn write(writer: &mut SerializedColumnWriter<'_>, column: Column) -> Result<()> {
    let levels: Option<Vec<i16>> = column
        .present
        .map(|present| present.into_iter().map(i16::from).collect());
    let levels = levels.as_deref();
    match column.values {
        Values::Integers(values) => writer.typed::<Int64Type>().write_batch(&values, levels, None),
        Values::Numbers(values) => writer.typed::<DoubleType>().write_batch(&values, levels, None),
        Values::Truths(values) => writer.typed::<BoolType>().write_batch(&values, levels, None),
        Values::Texts(values) => {
            let bytes: Vec<ByteArray> = values.iter().map(|text| ByteArray::from(&**text)).collect();
            writer.typed::<ByteArrayType>().write_batch(&bytes, levels, None)
        }
    }?;
    Ok(())
}

/// The rows of a file of this table.
pub fn from_bytes<R: Row>(bytes: Vec<u8>) -> Result<Vec<R>> {
    // The library panics at some of what no writer writes.
    let read = catch_unwind(|| rows_of(bytes));
    read.unwrap_or_else(|_| Err(ParquetError::General("it is damaged".to_owned())))
}

fn rows_of<R: Row>(bytes: Vec<u8>) -> Result<Vec<R>> {
    let file = SerializedFileReader::new(bytes::Bytes::from(bytes))?;
    let schema = file.metadata().file_metadata().schema_descr();
    let names = schema.columns().iter().map(|column| column.name());
    let other = || ParquetError::General(format!("its columns are not those of {} here", R::NAME));
    if !names.eq(R::COLUMNS.iter().map(|facts| facts.name)) {
        return Err(other());
    }
    let mut rows = Vec::new();
    for group in 0..file.num_row_groups() {
        let group = file.get_row_group(group)?;
        let count = usize::try_from(group.metadata().num_rows()).map_err(|_| other())?;
        let columns = (0..).zip(R::COLUMNS);
        let columns = columns
            .map(|(index, facts)| read(group.get_column_reader(index)?, facts, count))
            .collect::<Result<Vec<Column>>>()?;
        rows.extend(R::rows(columns).ok_or_else(other)?);
    }
    Ok(rows)
}

fn read(reader: ColumnReader, facts: &ColumnFacts, count: usize) -> Result<Column> {
    let mut levels: Vec<i16> = Vec::new();
    macro_rules! all {
        ($reader:ident) => {{
            let mut values = Vec::new();
            let mut done = 0;
            while done < count {
                let levels = facts.is_optional.then_some(&mut levels);
                let (read, _, _) = $reader.read_records(count - done, levels, None, &mut values)?;
                if read == 0 {
                    break;
                }
                done += read;
            }
            values
        }};
    }
    let values = match reader {
        ColumnReader::Int64ColumnReader(mut reader) => Values::Integers(all!(reader)),
        ColumnReader::DoubleColumnReader(mut reader) => Values::Numbers(all!(reader)),
        ColumnReader::BoolColumnReader(mut reader) => Values::Truths(all!(reader)),
        ColumnReader::ByteArrayColumnReader(mut reader) => {
            let bytes: Vec<ByteArray> = all!(reader);
            let text = |bytes: &ByteArray| Ok(Name::from(bytes.as_utf8()?));
            Values::Texts(bytes.iter().map(text).collect::<Result<_>>()?)
        }
        _ => {
            let problem = format!("{} is of a type no table here has", facts.name);
            return Err(ParquetError::General(problem));
        }
    };
    let present = levels.iter().map(|level| *level > 0).collect();
    Ok(Column {
        values,
        present: facts.is_optional.then_some(present),
    })
}
