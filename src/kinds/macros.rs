//! Shared by kinds of the same sort: what they would all say in the same words.

/// A [`Kind`] that exists only in the manifest and the state: nothing is sent and nothing is seen.
macro_rules! declared {
    ($kind:ident { $($more:item)* }) => {
        impl $crate::kinds::Kind for $kind {
            const WORD: &'static str = $kind::KIND;
            const ABOUT: &'static str = $kind::DOC;
            const FIRST: $crate::kinds::First = $crate::kinds::First::Create;
            const OUTSIDE: bool = false;

            $($more)*

            fn create(&self, _: &$crate::model::ObjectId, _: &str) -> Vec<$crate::model::Step> {
                Vec::new()
            }

            fn update(
                &self,
                _: &$crate::model::ObjectId,
                _: &str,
                _: &$kind,
                _: &[&str],
            ) -> Vec<$crate::model::Step> {
                Vec::new()
            }

            fn delete(&self, _: &$crate::model::ObjectId) -> Vec<$crate::model::Step> {
                Vec::new()
            }

            fn look(&self, _: &$crate::model::ObjectId) -> Option<$crate::model::Question> {
                None
            }

            fn found(
                &self,
                _: $crate::kinds::Memory<'_>,
                _: &$crate::model::Answer,
            ) -> $crate::kinds::Found {
                $crate::kinds::Found::Ours(std::collections::BTreeMap::new())
            }
        }
    };
}
pub(super) use declared;

/// The rest of a [`Kind`] whose objects are a [`crate::model::Bundle`] on a machine, which
/// `fn bundle(&self, id: &ObjectId) -> Bundle` gives.
macro_rules! bundled {
    ($kind:ident) => {
        fn create(&self, id: &$crate::model::ObjectId, _: &str) -> Vec<$crate::model::Step> {
            self.bundle(id).create(id)
        }

        fn update(
            &self,
            id: &$crate::model::ObjectId,
            _: &str,
            before: &$kind,
            _: &[&str],
        ) -> Vec<$crate::model::Step> {
            self.bundle(id).update(id, &before.bundle(id))
        }

        fn delete(&self, id: &$crate::model::ObjectId) -> Vec<$crate::model::Step> {
            self.bundle(id).delete(id)
        }

        fn mark(&self, id: &$crate::model::ObjectId, _: &str) -> Vec<$crate::model::Step> {
            self.bundle(id).mark(id)
        }

        fn look(&self, id: &$crate::model::ObjectId) -> Option<$crate::model::Question> {
            Some(self.bundle(id).look(id))
        }

        fn found(
            &self,
            memory: $crate::kinds::Memory<'_>,
            answer: &$crate::model::Answer,
        ) -> $crate::kinds::Found {
            memory.found(&self.bundle(memory.id), answer)
        }
    };
}
pub(super) use bundled;
