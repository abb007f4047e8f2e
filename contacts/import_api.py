"""Imports over the API: upload, columns, start, progress, report, and the file of what to mend."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from contacts import imports
from contacts.columns import FIELDS, regions
from contacts.import_forms import read
from contacts.import_pages import bad_rows_file
from contacts.models import ImportJob, ImportRow
from omnichannel.lib import csvs
from omnichannel.lib.ids import whole_number
from omnichannel.lib.rest import ID

SHOWN_ROWS = 200
FIGURES = [*imports.COUNTS.values()]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Which column is what",
            value={"mapping": {"full_name": 0, "mobile_phone": 2}, "region": "CH", "known": "update"},
            request_only=True,
        )
    ]
)
class ImportSerializer(serializers.ModelSerializer):
    """A file. While it is a draft, `mapping` (field: column, from 0), `region` and `known` change."""

    mapping = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=9999))
    columns = serializers.ListField(child=serializers.CharField(), read_only=True)
    region = serializers.ChoiceField(choices=[(code, code) for code, _ in regions()])

    class Meta:
        model = ImportJob
        fields = [
            *("id", "file_name", "encoding", "delimiter", "columns", "mapping", "region", "known", "state"),
            *("total", "position", *FIGURES, "reason", "created_by", "created_at", "finished_at"),
        ]
        read_only_fields = [name for name in fields if name not in ("mapping", "region", "known")]

    def validate_mapping(self, mapping: dict[str, int]) -> dict[str, int]:
        """Known fields, columns that are there."""
        columns = len(self.instance.columns) if isinstance(self.instance, ImportJob) else 0
        wrong = [name for name, n in mapping.items() if name not in FIELDS or n >= columns]
        if wrong:
            raise serializers.ValidationError(
                f"Not a field or not a column: {', '.join(sorted(wrong))[:200]}. Fields: {', '.join(FIELDS)}."
            )
        return mapping


class UploadSerializer(serializers.Serializer):
    """A CSV file with one line of heads, at most 10 MB."""

    file = serializers.FileField(max_length=200)
    encoding = serializers.ChoiceField(choices=csvs.ENCODINGS, required=False, allow_blank=True, default="")


class ImportRowSerializer(serializers.ModelSerializer):
    """What became of a line. `cells` are kept of refused lines only."""

    cells = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = ImportRow
        fields = ["line", "result", "reason", "number", "contact", "cells"]
        read_only_fields = fields


class ImportViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.UpdateModelMixin, viewsets.GenericViewSet
):
    """Imports of contacts: POST a file, PATCH what its columns are, start it, and read what became of it."""

    queryset = ImportJob.objects.defer("file")
    serializer_class = ImportSerializer
    filterset_class = None
    lookup_value_regex = ID
    http_method_names = ["get", "post", "patch", "head", "options"]

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={201: ImportSerializer})
    def create(self, request: Request) -> Response:
        """Upload a file: a draft, with guesses of what its columns are. Nothing is imported yet."""
        given = UploadSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        file, encoding = given.validated_data["file"], given.validated_data["encoding"]
        try:
            by = request.user.get_username()
            job = imports.upload(file_name=file.name, raw=read(file), by=by, encoding=encoding)
        except csvs.Unreadable as error:
            raise serializers.ValidationError({"file": [str(error)]}) from error
        return Response(ImportSerializer(job).data, status=201)

    def get_parsers(self) -> list[Any]:
        """A file comes as a form."""
        return [*super().get_parsers(), MultiPartParser()]

    def perform_update(self, serializer: Any) -> None:
        """Only a draft changes."""
        job, data = serializer.instance, serializer.validated_data
        chosen = {name: data.get(name, getattr(job, name)) for name in ("mapping", "region", "known")}
        imports.choose(job, **chosen)

    @extend_schema(request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        """Let it run."""
        job = self.get_object()
        imports.start(job)
        return Response(ImportSerializer(job).data)

    @extend_schema(request=None, responses=ImportSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop it; what was imported stays."""
        job = self.get_object()
        imports.cancel(job, now=timezone.now())
        return Response(ImportSerializer(job).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("result", enum=ImportRow.Result.values),
            OpenApiParameter("after", int, description="Lines after this one."),
        ],
        responses=ImportRowSerializer(many=True),
    )
    @action(detail=True, pagination_class=None, filterset_class=None)
    def rows(self, request: Request, pk: str) -> Response:
        """What became of the lines, two hundred at a time."""
        rows = self.get_object().rows.order_by("line")
        after, result = request.query_params.get("after", ""), request.query_params.get("result", "")
        rows = rows.filter(line__gt=whole_number(after) or 0)
        if result in ImportRow.Result.values:
            rows = rows.filter(result=result)
        return Response(ImportRowSerializer(rows[:SHOWN_ROWS], many=True).data)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    @action(detail=True, url_path="bad-rows", pagination_class=None, filterset_class=None)
    def bad_rows(self, request: Request, pk: str) -> Any:
        """The refused lines as a CSV file, with a column that says why."""
        return bad_rows_file(self.get_object())
