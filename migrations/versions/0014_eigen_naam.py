"""Relations that say a name of their own of their object are found by an index, as the names of objects are."""

from alembic import op

revision = "0014_eigen_naam"
down_revision = "0013_relatie_einde"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION regie_eigen_naam(gerelateerde jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        -- whether a relation says a name of its object: one of the elements that objects keep in column naam
            SELECT coalesce(jsonb_exists_any(gerelateerde, ARRAY[
                'geslachtsnaam', 'statutaireNaam', 'handelsnaam', 'achternaam', 'naam', 'bst.omschrijving', 'titel'
            ]), false)
        $$
    """)
    op.execute("""
        CREATE INDEX ix_zaak_relatie_eigen_naam ON zaak_relatie (relatie)
        WHERE regie_eigen_naam(inhoud -> 'gerelateerde')
    """)


def downgrade() -> None:
    op.execute("DROP INDEX ix_zaak_relatie_eigen_naam")
    op.execute("DROP FUNCTION regie_eigen_naam(jsonb)")
