//! One list of fields becomes the typed struct, the checker's table and the reference page.
//!
//! A field reads `name: RustType, Class, need [, is Type::…] [, choose Choice] [, idle "why"];`
//! where `need` is `required`, `optional`, `default "expression"`, `derived "expression"` or
//! `computed`. What is `optional`, `derived` or `computed` is an `Option`; a default is always
//! there.

/// A kind: an [`object!`] that knows the word that starts its blocks.
macro_rules! spec {
    (
        $(#[doc = $doc:literal])*
        $kind:literal $name:ident { $($fields:tt)* }
    ) => {
        $crate::schema::object! {
            $(#[doc = $doc])*
            $name { $($fields)* }
        }

        impl $name {
            /// The word in the manifest.
            pub const KIND: &'static str = $kind;
            /// What it is, for reference pages.
            pub const DOC: &'static str = concat!($($doc, "\n"),*);
        }
    };
}
pub(crate) use spec;

/// An object inside a kind: its struct, and its fields for the checker.
macro_rules! object {
    (
        $(#[doc = $doc:literal])*
        $name:ident {
            $(
                $(#[doc = $field_doc:literal])*
                $field:ident: $rust:ty, $class:ident, $need:ident $($value:literal)?
                    $(, is $ty:expr)? $(, choose $choice:ident)? $(, idle $idle:literal)?;
            )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $(
                $(#[doc = $field_doc])*
                pub $field: $rust,
            )*
        }

        impl $crate::schema::Fields for $name {
            fn fields() -> Vec<$crate::schema::Field> {
                vec![$(
                    $crate::schema::Field {
                        name: stringify!($field),
                        doc: concat!($($field_doc, "\n"),*),
                        ty: $crate::schema::object!(@type $rust $(, $ty)?),
                        need: $crate::schema::object!(@need $need $($value)?),
                        class: $crate::schema::Class::$class,
                        choice: $crate::schema::object!(@choice $($choice)?),
                        idle: $crate::schema::object!(@idle $($idle)?),
                    },
                )*]
            }
        }

        impl $crate::schema::Attr for $name {
            fn ty() -> $crate::schema::Type {
                let fields = <$name as $crate::schema::Fields>::fields();
                $crate::schema::Type::Object(std::sync::Arc::new(fields))
            }
        }
    };
    (@type $rust:ty) => { <$rust as $crate::schema::Attr>::ty() };
    (@type $rust:ty, $ty:expr) => { $ty };
    (@need required) => { $crate::schema::Need::Required };
    (@need optional) => { $crate::schema::Need::Optional };
    (@need computed) => { $crate::schema::Need::Computed };
    (@need default $value:literal) => { $crate::schema::Need::Default($value) };
    (@need derived $value:literal) => { $crate::schema::Need::Derived($value) };
    (@choice) => { None };
    (@choice $choice:ident) => { Some($crate::schema::Choice::$choice) };
    (@idle) => { None };
    (@idle $idle:literal) => { Some($idle) };
}
pub(crate) use object;
