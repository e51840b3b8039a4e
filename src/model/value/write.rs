//! From values to text, and from types to values.

use std::sync::Arc;

use serde::ser::{self, Impossible, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Error;

use super::{Object, Value, shared};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(it) => serializer.serialize_bool(*it),
            Value::Number(it) => it.serialize(serializer),
            Value::String(it) => serializer.serialize_str(it),
            Value::Array(list) => serializer.collect_seq(list.iter()),
            Value::Object(object) => serializer.collect_map(object.iter()),
        }
    }
}

/// What becomes of fields that are null.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Nulls {
    /// They are there.
    Kept,
    /// They are not there, at any depth.
    LeftOut,
}

/// Makes a value of whatever is written to it.
#[derive(Clone, Copy)]
pub(super) struct Writer(pub Nulls);

/// A list or an object while it is written.
pub(super) struct Parts {
    writer: Writer,
    of: Of,
}

enum Of {
    List(Vec<Value>),
    /// With the name of the variant around it, if there is one.
    Fields(Vec<(Arc<str>, Value)>, Option<Arc<str>>, Option<&'static str>),
}

impl Parts {
    fn done(self) -> Value {
        match self.of {
            Of::List(list) => Value::Array(list.into()),
            Of::Fields(fields, _, variant) => {
                let object = Value::Object(Object::from_fields(fields));
                match variant {
                    None => object,
                    Some(variant) => [(variant, object)].into_iter().collect(),
                }
            }
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, it: &T) -> Result<(), Error> {
        if let Of::List(list) = &mut self.of {
            list.push(it.serialize(self.writer)?);
        }
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, it: &T) -> Result<(), Error> {
        if let Of::Fields(fields, ..) = &mut self.of {
            let value = it.serialize(self.writer)?;
            if !value.is_null() || self.writer.0 == Nulls::Kept {
                fields.push((shared(name), value));
            }
        }
        Ok(())
    }
}

impl Writer {
    fn list(self, count: usize) -> Parts {
        Parts { writer: self, of: Of::List(Vec::with_capacity(count)) }
    }

    fn fields(self, count: usize, variant: Option<&'static str>) -> Parts {
        Parts { writer: self, of: Of::Fields(Vec::with_capacity(count), None, variant) }
    }
}

impl Serializer for Writer {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = Parts;
    type SerializeTuple = Parts;
    type SerializeTupleStruct = Parts;
    type SerializeTupleVariant = Impossible<Value, Error>;
    type SerializeMap = Parts;
    type SerializeStruct = Parts;
    type SerializeStructVariant = Parts;

    fn serialize_bool(self, it: bool) -> Result<Value, Error> {
        Ok(it.into())
    }

    fn serialize_i8(self, it: i8) -> Result<Value, Error> {
        Ok(i64::from(it).into())
    }

    fn serialize_i16(self, it: i16) -> Result<Value, Error> {
        Ok(i64::from(it).into())
    }

    fn serialize_i32(self, it: i32) -> Result<Value, Error> {
        Ok(i64::from(it).into())
    }

    fn serialize_i64(self, it: i64) -> Result<Value, Error> {
        Ok(it.into())
    }

    fn serialize_u8(self, it: u8) -> Result<Value, Error> {
        Ok(u64::from(it).into())
    }

    fn serialize_u16(self, it: u16) -> Result<Value, Error> {
        Ok(u64::from(it).into())
    }

    fn serialize_u32(self, it: u32) -> Result<Value, Error> {
        Ok(u64::from(it).into())
    }

    fn serialize_u64(self, it: u64) -> Result<Value, Error> {
        Ok(it.into())
    }

    fn serialize_f32(self, it: f32) -> Result<Value, Error> {
        Ok(f64::from(it).into())
    }

    fn serialize_f64(self, it: f64) -> Result<Value, Error> {
        Ok(it.into())
    }

    fn serialize_char(self, it: char) -> Result<Value, Error> {
        Ok(it.to_string().into())
    }

    fn serialize_str(self, it: &str) -> Result<Value, Error> {
        Ok(it.into())
    }

    fn serialize_bytes(self, it: &[u8]) -> Result<Value, Error> {
        Ok(it.iter().map(|byte| Value::from(u64::from(*byte))).collect())
    }

    fn serialize_none(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, it: &T) -> Result<Value, Error> {
        it.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Value, Error> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Value, Error> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        it: &T,
    ) -> Result<Value, Error> {
        it.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        it: &T,
    ) -> Result<Value, Error> {
        Ok([(variant, it.serialize(self)?)].into_iter().collect())
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Parts, Error> {
        Ok(self.list(len.unwrap_or(0)))
    }

    fn serialize_tuple(self, len: usize) -> Result<Parts, Error> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<Parts, Error> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Impossible<Value, Error>, Error> {
        Err(ser::Error::custom(format!("`{variant}` has more than one value without a name")))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Parts, Error> {
        Ok(self.fields(len.unwrap_or(0), None))
    }

    fn serialize_struct(self, _name: &'static str, len: usize) -> Result<Parts, Error> {
        Ok(self.fields(len, None))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Parts, Error> {
        Ok(self.fields(len, Some(variant)))
    }
}

impl SerializeSeq for Parts {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, it: &T) -> Result<(), Error> {
        self.element(it)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.done())
    }
}

impl ser::SerializeTuple for Parts {
    type Ok = Value;
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, it: &T) -> Result<(), Error> {
        self.element(it)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.done())
    }
}

impl ser::SerializeTupleStruct for Parts {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, it: &T) -> Result<(), Error> {
        self.element(it)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.done())
    }
}

impl SerializeMap for Parts {
    type Ok = Value;
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        let name = match key.serialize(self.writer)? {
            Value::String(name) => shared(&name),
            Value::Number(number) => shared(&number.to_string()),
            other => return Err(ser::Error::custom(format!("`{other}` is no name"))),
        };
        if let Of::Fields(_, waiting, _) = &mut self.of {
            *waiting = Some(name);
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, it: &T) -> Result<(), Error> {
        if let Of::Fields(fields, waiting, _) = &mut self.of
            && let Some(name) = waiting.take()
        {
            let value = it.serialize(self.writer)?;
            if !value.is_null() || self.writer.0 == Nulls::Kept {
                fields.push((name, value));
            }
        }
        Ok(())
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.done())
    }
}

impl ser::SerializeStruct for Parts {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        it: &T,
    ) -> Result<(), Error> {
        self.field(name, it)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.done())
    }
}

impl ser::SerializeStructVariant for Parts {
    type Ok = Value;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        it: &T,
    ) -> Result<(), Error> {
        self.field(name, it)
    }

    fn end(self) -> Result<Value, Error> {
        Ok(self.done())
    }
}
